"""照会と督促: contacts of bodies, letters and forms that go out to them and come back."""
