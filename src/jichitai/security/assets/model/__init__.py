"""Systems, segments, links and the network model of one body: kinds, drafts, the picture."""
