"""Manifests for Kubernetes, and what makes those that are made: `python -m deploy.k8s`."""
