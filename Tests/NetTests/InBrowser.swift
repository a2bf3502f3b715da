internal import Testing

/// What the page does in a browser: one test at a time, because browsers leave too little time for the tests beside them.
@Suite(.serialized) enum InBrowser {}
