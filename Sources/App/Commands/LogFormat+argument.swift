internal import ArgumentParser
internal import Telemetry

extension LogFormat: ExpressibleByArgument {}
