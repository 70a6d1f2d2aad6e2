"""The value of a weekly plan under all draws of the response, with its gradient and its concave envelope."""

from workbench.scenarios.response.horizon import HorizonValue
from workbench.scenarios.response.value import ResponseValue, compile_response, media_value

__all__ = ["HorizonValue", "ResponseValue", "compile_response", "media_value"]
