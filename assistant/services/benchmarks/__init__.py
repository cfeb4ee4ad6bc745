"""What `assistant bench` measures, and on which rows; `assistant simulate` takes its months from here too."""
