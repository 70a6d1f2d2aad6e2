"""Marketing Workbench: segmentation, media mix, experiments and plans in one loop."""

__version__ = "0.1.0"
