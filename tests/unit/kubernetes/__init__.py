"""The manifests of deploy/k8s, rendered and held against schemas, our own policies and the code."""
