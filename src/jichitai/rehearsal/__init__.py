"""The synthetic nation, the story of the demo, fault injection and the benchmarks."""
