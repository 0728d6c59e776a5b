"""What the benchmarks share: the machine, the files they make, commands and their measurement, the report."""
