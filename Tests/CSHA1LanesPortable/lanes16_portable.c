#include "CSHA1LanesPortable.h"

#define LANES 16
#define LANES_TARGET
#define LANES_ORDER(x)
#define LANES_HASH cosplan_sha1_lanes16_portable_hash
#define LANES_HASH_PAIR cosplan_sha1_lanes16_portable_hash_pair
#include "../../Sources/CSHA1Lanes/lanes.inc"
