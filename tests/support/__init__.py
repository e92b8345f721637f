"""What tests share: tools (`tools`), processes (`processes`), servers to scrape with (`prometheus`)."""
