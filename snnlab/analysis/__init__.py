"""Measures of activity."""

from snnlab.analysis.statistics import (
    count_correlations,
    firing_rates,
    interval_cv,
    population_rate,
)

__all__ = ["count_correlations", "firing_rates", "interval_cv", "population_rate"]
