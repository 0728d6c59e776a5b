@_exported import COSProtocol
@_exported import COSUpload
@_exported import PlanCore
@_exported import PlanDigest
@_exported import PlanFiles
@_exported import PlanManifest
@_exported import ServiceCore
@_exported import XMLProtocol
