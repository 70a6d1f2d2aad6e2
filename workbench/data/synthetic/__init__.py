"""The sample company: one coherent business with known truth, deterministic by seed."""

from workbench.data.synthetic.company import SampleCompany, Truth, simulate_company
from workbench.data.synthetic.write import write_sample

__all__ = ["SampleCompany", "Truth", "simulate_company", "write_sample"]
