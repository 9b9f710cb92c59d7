"""What the diagrams mean for missing children: words, roles, records, alerts and promises."""
