"""Evidence of cases: opened by two custodians for a stated time, held as the law asks, destroyed with proof."""
