"""compare."""
import streamlit as st

from explorer import controls, router, view


def page() -> None:
    """Draw the page."""
    st.title("compare".capitalize())
    view.show_problems()
    controls.strip()


router.show(page)
