"""One file per figure. Each has `main(argv: list[str]) -> None`; `./scripts/bench NAME` gives it servers and data."""
