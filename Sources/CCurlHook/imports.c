// Finds the pointers through which Foundation calls libcurl, and overwrites them.
//
// A shared object calls a function of another one through a pointer in its own data, a slot of the global
// offset table, which the dynamic linker fills in. The object's relocations map slots to names. The object is
// libFoundationNetworking.so or, if Foundation was linked statically, the one that contains the guard. An
// executable that loads libcurl late has such pointers of its own (late.c).
//
// Source: System V ABI, chapter 5 (dynamic section, relocations); dl_iterate_phdr(3).

#define _GNU_SOURCE
#include "imports.h"
#include "late.h"

#if defined(__linux__) && defined(__LP64__)

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { jump_slot = R_X86_64_JUMP_SLOT, global_data = R_X86_64_GLOB_DAT, absolute = R_X86_64_64 };
#elif defined(__aarch64__)
enum { jump_slot = R_AARCH64_JUMP_SLOT, global_data = R_AARCH64_GLOB_DAT, absolute = R_AARCH64_ABS64 };
#else
enum { jump_slot = -1, global_data = -1, absolute = -1 };
#endif

// The maximum number of slots per name: usually one, two if the function's address is taken as well.
enum { slot_limit = 64 };

struct object {
    uintptr_t base;
    uintptr_t start, end;
    const ElfW(Dyn) * dynamic;
    uintptr_t read_only_start, read_only_end;
};

struct slot {
    void **place;
    void *replacement;
};

static struct object patched;

static struct object object_of(const struct dl_phdr_info *info) {
    struct object object = {.base = info->dlpi_addr, .start = UINTPTR_MAX};
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[index];
        uintptr_t start = info->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
        if (header->p_type == PT_LOAD) {
            if (start < object.start) object.start = start;
            if (end > object.end) object.end = end;
        } else if (header->p_type == PT_DYNAMIC) {
            object.dynamic = (const ElfW(Dyn) *)start;
        } else if (header->p_type == PT_GNU_RELRO) {
            // Write-protected after relocation, in whole pages.
            object.read_only_start = start & ~(page - 1);
            object.read_only_end = end & ~(page - 1);
        }
    }
    return object;
}

struct search {
    struct object foundation, own;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *user) {
    (void)size;
    struct search *search = user;
    const char *slash = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
    const char *name = slash ? slash + 1 : info->dlpi_name;
    struct object object = object_of(info);
    if (name && strncmp(name, "libFoundationNetworking.so", 26) == 0) search->foundation = object;
    uintptr_t here = (uintptr_t)&look_at;
    if (here >= object.start && here < object.end) search->own = object;
    return 0;
}

// The address of a table in the dynamic section: absolute with glibc, relative to the object with other C
// libraries.
static uintptr_t table(const struct object *object, ElfW(Addr) address) {
    return address < object->base ? object->base + address : address;
}

struct relocations {
    const ElfW(Rela) * first;
    size_t count;
};

struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    struct relocations calls, data;
};

static struct tables tables_of(const struct object *object) {
    struct tables tables = {0};
    if (!object->dynamic) return tables;
    for (const ElfW(Dyn) *entry = object->dynamic; entry->d_tag != DT_NULL; entry++) {
        uintptr_t address = table(object, entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_SYMTAB: tables.symbols = (const ElfW(Sym) *)address; break;
        case DT_STRTAB: tables.strings = (const char *)address; break;
        case DT_JMPREL: tables.calls.first = (const ElfW(Rela) *)address; break;
        case DT_PLTRELSZ: tables.calls.count = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
        case DT_RELA: tables.data.first = (const ElfW(Rela) *)address; break;
        case DT_RELASZ: tables.data.count = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
        default: break;
        }
    }
    return tables;
}

// Adds the slots of one import and returns the new number of slots.
static size_t find_slots(
    const struct object *object, const struct tables *tables, struct relocations list, struct import import,
    struct slot *slots, size_t count) {
    for (size_t index = 0; list.first && index < list.count; index++) {
        const ElfW(Rela) *relocation = &list.first[index];
        int kind = (int)ELF64_R_TYPE(relocation->r_info);
        if (kind != jump_slot && kind != global_data && kind != absolute) continue;
        const ElfW(Sym) *symbol = &tables->symbols[ELF64_R_SYM(relocation->r_info)];
        if (symbol->st_shndx != SHN_UNDEF || relocation->r_addend != 0) continue;
        if (strcmp(tables->strings + symbol->st_name, import.name) != 0 || count == slot_limit) continue;
        slots[count++] = (struct slot){(void **)(object->base + relocation->r_offset), import.replacement};
    }
    return count;
}

static int is_read_only(const struct object *object, void *place) {
    return (uintptr_t)place >= object->read_only_start && (uintptr_t)place < object->read_only_end;
}

static int protect(void *place, int protection) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    return mprotect((void *)((uintptr_t)place & ~(page - 1)), page, protection);
}

static void protect_again(const struct object *object, const struct slot *slots, size_t count) {
    for (size_t index = 0; index < count; index++) {
        if (is_read_only(object, slots[index].place)) (void)protect(slots[index].place, PROT_READ);
    }
}

enum imports_result cosplan_imports_replace(const struct import *imports, size_t count) {
    struct search search = {0};
    dl_iterate_phdr(look_at, &search);
    struct object object = search.foundation.dynamic ? search.foundation : search.own;
    struct tables tables = tables_of(&object);
    if (!tables.symbols || !tables.strings) return imports_missing;
    struct slot slots[slot_limit];
    size_t found = 0;
    for (size_t index = 0; index < count; index++) {
        size_t before = found;
        found = find_slots(&object, &tables, tables.calls, imports[index], slots, found);
        found = find_slots(&object, &tables, tables.data, imports[index], slots, found);
        void **late = cosplan_late_pointer(imports[index].name);
        if (late && found < slot_limit) slots[found++] = (struct slot){late, imports[index].replacement};
        if (found == before || found == slot_limit) return imports_missing;
    }
    for (size_t index = 0; index < found; index++) {
        if (is_read_only(&object, slots[index].place)
            && protect(slots[index].place, PROT_READ | PROT_WRITE) != 0) {
            protect_again(&object, slots, index);
            return imports_not_writable;
        }
    }
    patched = object;
    for (size_t index = 0; index < found; index++) {
        __atomic_store_n(slots[index].place, slots[index].replacement, __ATOMIC_RELEASE);
    }
    protect_again(&object, slots, found);
    return imports_replaced;
}

int cosplan_imports_own(void *address) {
    return (uintptr_t)address >= patched.start && (uintptr_t)address < patched.end;
}

#endif
