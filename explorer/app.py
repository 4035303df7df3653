"""The app: `streamlit run explorer/app.py [-- --runs-dir DIR]`."""

from explorer import router

router.main()
