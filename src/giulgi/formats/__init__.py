"""Formats of files: messages, records, tables, checkpoints, TensorBoard's events.

============  ===========================================================================
checksum      CRC-32C, which guards records and tables
messages      messages of protocol buffers, told as tables of fields
records       TFRecord: records one after another, each with its length and checksums
sorted_table  a sorted table of keys and values, as LevelDB keeps it
tensor_bundle checkpoints of TensorFlow: read and written
graph_proto   what describes a graph of TensorFlow
event_proto   what TensorBoard reads
events        files of TensorBoard's events
============  ===========================================================================
"""
