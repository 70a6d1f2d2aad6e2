"""What each action is expected to bring from each customer, what it costs, and for whom it is open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecError


@dataclass(frozen=True, kw_only=True)
class Offers:
    """One row a customer, one column an action.

    Attributes:
        actions: Names.
        value: Expected profit before the action's cost, currency, float32, shape (customer, action).
        cost: Currency a customer, shape (action,).
        eligible: Whether the action may be done for the customer, shape (customer, action).
    """

    actions: tuple[str, ...]
    value: np.ndarray
    cost: np.ndarray
    eligible: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.value), len(self.actions))
        if self.value.shape != shape or self.eligible.shape != shape or self.cost.shape != shape[1:]:
            raise SpecError(
                f"offers of {shape[1]} actions hold values of shape {self.value.shape}, costs of {self.cost.shape} and "
                f"eligibility of {self.eligible.shape}; give one row a customer and one column an action"
            )
        broken = self.eligible & ~np.isfinite(self.value)
        if broken.any():
            action = self.actions[int(broken.any(axis=0).argmax())]
            raise SpecError(
                f"the value of {action} is not a number for {int(broken.sum()):,} customers; make them ineligible or value them"
            )
        if (self.cost < 0).any():
            raise SpecError(f"{self.actions[int(self.cost.argmin())]} costs {self.cost.min():g}; a cost is at least 0")

    def __len__(self) -> int:
        return len(self.value)

    def net(self) -> np.ndarray:
        """Expected profit after cost, float32; −∞ where the action isn't open."""
        net = (self.value - self.cost).astype(np.float32, copy=False)
        return np.where(self.eligible, net, np.float32(-np.inf))

    def only(self, wanted: np.ndarray) -> Offers:
        """The same customers with the other actions closed.

        Args:
            wanted: Shape (action,).
        """
        return Offers(actions=self.actions, value=self.value, cost=self.cost, eligible=self.eligible & wanted)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Within what a decision must stay.

    Attributes:
        budget: Most currency for all actions together, infinite for no limit.
        capacity: Most customers of each action, infinite for no limit, shape (action,).
        contacts_per_customer: Most actions for one customer; one number, or one a customer.
    """

    budget: float
    capacity: np.ndarray
    contacts_per_customer: int | np.ndarray = 1

    def __post_init__(self) -> None:
        if not self.budget >= 0:
            raise SpecError(f"the budget is {self.budget:g}; give 0 or more, or none for no limit")
        if not (self.capacity >= 0).all():
            raise SpecError(f"a capacity is {self.capacity.min():g}; give 0 or more, or none for no limit")

    def after(self, chosen: np.ndarray, cost: np.ndarray) -> Limits:
        """What a first decision leaves.

        Args:
            chosen: Shape (customer, action).
            cost: Shape (action,).
        """
        used = chosen.sum(axis=0)
        return Limits(
            # Sums of costs miss the budget by a hair of rounding.
            budget=max(0.0, self.budget - float(used @ cost)),
            capacity=np.maximum(self.capacity - used, 0),
            contacts_per_customer=np.maximum(self.contacts_per_customer - chosen.sum(axis=1), 0),
        )
