"""How fast is it? `make bench` measures on this machine and prints tables; what counts are the ratios of one run.

Speed is never a test: nothing here fails for being slow. A wrong answer ends the run at once with exit code 1.
Every part is a process of its own, as in Azure: the simulated Microsoft (`microsoft`), Azurite, the functions host,
and the client that measures.

`warm`, `requests_made`, `imports` and `cold` are the four figures, `floor` is what a cold start cannot avoid;
`place` starts the parts, `callers` are the three ways to ask, `counting_proxy` counts requests to Table Storage.
"""
