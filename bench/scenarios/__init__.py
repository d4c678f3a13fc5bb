"""One module per scenario, each with `run(recorder, processes, env)`."""
