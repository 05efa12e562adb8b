"""One program for each simulator; each runs any network of `benchmarks.networks`."""
