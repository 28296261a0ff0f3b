"""The whole product on a data folder of its own, for benchmarks that kill parts of it: stack, takes, verdicts."""
