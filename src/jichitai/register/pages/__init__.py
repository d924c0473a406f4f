"""The counter's pages: today's work, event entry in steps, approval queue, persons and households.

Everything works without JavaScript: each step is a form whose draft the server keeps, a POST
answers with a redirect, a form with errors comes back with status 422 and what was typed.
"""
