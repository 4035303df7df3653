"""The app: `streamlit run explorer/app.py [-- --runs-dir DIR]`."""

from explorer.router import main

main()
