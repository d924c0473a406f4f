"""一年の仕事: the calendar of the evaluation's officer, requests, review sheets, use of results."""
