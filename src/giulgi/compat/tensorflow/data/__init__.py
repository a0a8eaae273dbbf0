"""Where examples come from: data sets, queues, readers, records, tables of words."""
