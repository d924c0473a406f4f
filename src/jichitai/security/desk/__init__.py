"""今日の仕事: the first page of a body's security officer, its organs, joint bodies."""
