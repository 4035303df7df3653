"""What if, under the name of its path: a new server knows a linked page only by the name of its file."""

from explorer import router
from explorer.pages.what_if import page

router.show(page)
