"""Grafana dashboards as code: `python -m grafana.build` renders `dashboards/*.json`."""
