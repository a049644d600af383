import Programs

/// Reads how members are chosen, and checks that against what varies.
struct DesignReading {
  let reader: FieldReader
  let variations: [Variation]

  /// One design, or several whose union is meant.
  func read(_ field: Field) -> [DesignDescription] {
    guard field.isList else { return [design(field)].compactMap { $0 } }
    return (reader.list(field, length: 1...1000) ?? []).compactMap(design)
  }

  private func design(_ field: Field) -> DesignDescription? {
    guard let fields = reader.fields(field, JobKeys.design) else { return nil }
    guard let method = fields["method"] == nil ? .grid : fields.choice("method", DesignMethod.self)?.value else {
      return nil
    }
    switch method {
    case .grid:
      needCounts(of: variations, method)
      return .grid(at: field.location)
    case .zip:
      guard needVariations(method, field) else { return nil }
      needCounts(of: variations, method)
      return .zip(groups: groups(fields), at: field.location)
    case .random, .latinHypercube, .sobol:
      guard needVariations(method, field), let count = fields.integer("count")?.value else { return nil }
      let seed = UInt64(fields.integer("seed")?.value ?? 0)
      return switch method {
      case .random: .random(count: count, seed: seed, at: field.location)
      case .latinHypercube: .latinHypercube(count: count, seed: seed, at: field.location)
      case .sobol, .grid, .zip, .table: .sobol(count: count, seed: seed, at: field.location)
      }
    case .table:
      guard let file = fields.text("file") else { return nil }
      let columns = fields.named("columns", role: "a column of the table").compactMap { entry in
        reader.text(entry.field).map {
          TableColumn(varied: Located(VariedName(entry.name.value), at: entry.name.location), column: $0.value)
        }
      }
      if let columns = fields["columns"], columns.isMapping, columns.entries.isEmpty {
        reader.report(
          .notAllowed(key: columns.keyPath, rule: "at least one name with its column", found: "empty"),
          at: columns.location)
      }
      let reference = TableReference(file: file, columns: fields["columns"] == nil ? nil : columns)
      return .table(reference, at: field.location)
    }
  }

  // MARK: Groups

  private func groups(_ fields: Fields) -> [ZipGroup] {
    guard fields["groups"] != nil else {
      return group("all", variations, at: fields.location).map { [$0] } ?? []
    }
    var groupsOf: [VariedName: [String]] = [:]
    var groups: [ZipGroup] = []
    for (name, field) in fields.named("groups", role: "a group") {
      guard let names = reader.list(field, length: 1...100_000)?.compactMap(reader.text) else { continue }
      var members: [Variation] = []
      for member in names {
        let varied = VariedName(member.value)
        guard let variation = variations.first(where: { $0.name.value == varied }) else {
          let nearest = NearestName.to(member.value, among: variations.map(\.name.value.description))
          reader.report(
            .unknownGroupMember(group: name.value, name: member.value, nearest: nearest), at: member.location)
          continue
        }
        let before = groupsOf[varied] ?? []
        if !before.isEmpty {
          reader.report(.inTwoGroups(name: member.value, groups: before + [name.value]), at: member.location)
        }
        groupsOf[varied] = before + [name.value]
        members.append(variation)
      }
      if let group = group(name.value, members, at: name.location) { groups.append(group) }
    }
    return groups
  }

  private func group(_ name: String, _ members: [Variation], at location: Location) -> ZipGroup? {
    let counted = members.compactMap { member in member.space.count.map { (member.name.value.description, $0) } }
    // A count that is missing has been reported.
    guard counted.count == members.count, let first = counted.first else { return nil }
    if let other = counted.first(where: { $0.1 != first.1 }) {
      reader.report(.unequalCounts(group: name, counts: [first, other]), at: location)
      return nil
    }
    return ZipGroup(name: name, members: members.map(\.name.value), count: first.1)
  }

  // MARK: Checks

  private func needVariations(_ method: DesignMethod, _ field: Field) -> Bool {
    if !variations.isEmpty { return true }
    reader.report(.nothingVaries(design: method.rawValue), at: field.location)
    return false
  }

  private func needCounts(of variations: [Variation], _ method: DesignMethod) {
    for variation in variations where variation.space.count == nil {
      reader.report(
        .countNeeded(name: variation.name.value.description, design: method.rawValue), at: variation.name.location)
    }
  }

  /// Reports what varies in no design.
  func reportUnused(_ designs: [DesignDescription]) {
    let onlyTables = designs.allSatisfy { if case .table = $0 { true } else { false } }
    guard onlyTables, !designs.isEmpty else { return }
    for variation in variations {
      reader.report(.unusedVariation(variation.name.value.description), at: variation.name.location)
    }
  }
}
