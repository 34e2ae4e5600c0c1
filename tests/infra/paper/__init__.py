"""Deployments on paper: the templates evaluated with parameters, without Azure."""
