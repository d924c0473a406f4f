"""What a report is: the document, references in texts, the form, the stages. Pure."""
