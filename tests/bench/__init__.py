"""How fast is it? `make bench` measures on this machine and prints tables; what counts are the ratios of one run.

Speed is never a test: nothing here fails for being slow. A wrong answer ends the run at once with exit code 1.
Every part is a process of its own, as in Azure: the simulated Microsoft (`microsoft`), Azurite, the functions host,
and the client that measures.

`warm`, `requests_made`, `imports` and `cold` are the first four figures, `floor` is what a cold start cannot avoid;
`storm` is the fifth and `scan` the sixth, for which `many_customers` are made up, `many_rows` writes them and `scanner`
scans them. `people`, `others`, `callers_at_once` and `memory` are the figures of getSchedule at any size: `clients` are
what others would use, `load` the callers at once, and `pinger` asks while a large call is answered.
`place` and `part` start the processes, `processes` tells what they use, `callers` are the three ways to ask, `rounds`
lets them ask in turns, `counting_proxy` counts requests to Table Storage.
"""
