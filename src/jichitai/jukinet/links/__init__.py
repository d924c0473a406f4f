"""切断: holding back one town's messages in an emergency, and letting them flow again."""
