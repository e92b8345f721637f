"""Prometheus exporter for the Voicenter Active Calls API."""

__version__ = "0.1.0"
