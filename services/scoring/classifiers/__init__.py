"""Models behind one interface. Which one runs is a setting."""
