"""How a case moves: BPMN, DMN, FEEL, forms and time; this package knows nothing of children."""
