"""Groups that customers form by themselves: explored beside the rules, never acted on."""
