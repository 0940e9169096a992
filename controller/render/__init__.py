"""Values of the lake in, CloudFormation templates out.

A blueprint is a folder with one template in Jinja. What comes in are plain values made from the lake, checked by the
blueprint's schema; what goes out is the parsed template in long form. Nothing here talks to AWS or writes a file, and
hashing the inputs of a silo needs neither Jinja nor a schema, so that a plan of an unchanged lake loads none of them.
"""
