import FlowmapCommand

// The whole command line of flowmap, with one model more: `brusselator run job.yaml`.
FlowmapTool.main(models: [brusselator])
