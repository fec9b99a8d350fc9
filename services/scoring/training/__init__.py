"""`mizan train`: from labelled files to the weights that ship. The only place that needs
scikit-learn.
"""
