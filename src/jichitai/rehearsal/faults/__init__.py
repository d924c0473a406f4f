"""Fault rehearsal: processes are killed and links cut while events flow; then the books are checked."""
