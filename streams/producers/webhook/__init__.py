"""The receiver of `escucha receive`: any system sends events by HTTP."""
