"""What the parts carry: `edge` and `store`, each a table of figures in a minute or in some."""
