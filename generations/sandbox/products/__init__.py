"""What each provider sells, as the sandbox understands the providers' documents: one table per provider.

The tables are read from the documents a second time, apart from the catalog, so that one misreading cannot hide in
both. `check` looks at a body and knows nothing of any provider's words for its faults.
"""

from generations.sandbox.products.checking import check
from generations.sandbox.products.fields import form_of
from generations.sandbox.products.product import MEDIA, Checked, Fault, Field, Loc, Price, Product, Sent
from generations.sandbox.products.reading import BadTable, find, load, models

__all__ = [
    "MEDIA",
    "BadTable",
    "Checked",
    "Fault",
    "Field",
    "Loc",
    "Price",
    "Product",
    "Sent",
    "check",
    "find",
    "form_of",
    "load",
    "models",
]
