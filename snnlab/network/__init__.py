"""Populations, projections and the network that runs them."""
