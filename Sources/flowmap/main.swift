import FlowmapCommand

FlowmapTool.main()
