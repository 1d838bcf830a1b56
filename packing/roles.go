package packing

// Role is what a person may do here.
type Role string

// The roles. A person without one that is known may do nothing.
const (
	RolePacker     Role = "packer"     // picks, verifies, packs
	RoleSupervisor Role = "supervisor" // packs, and decides what others may not
	RoleOwner      Role = "owner"      // everything
	RoleAuditor    Role = "auditor"    // looks at everything, changes nothing
)

// Roles lists them, the least first.
func Roles() []Role { return []Role{RolePacker, RoleSupervisor, RoleOwner, RoleAuditor} }

// Known reports whether r is one of the roles.
func (r Role) Known() bool { return may[r] != nil }

// Action is what a person's role is asked for.
type Action string

// The actions.
const (
	ActPack     Action = "pack"     // sign in at the bench: pick, verify, weigh, label, put aside
	ActPicked   Action = "picked"   // be named as the one who picked
	ActRelease  Action = "release"  // lift a hold
	ActOverride Action = "override" // let a weight pass
	ActOutbox   Action = "outbox"   // answer what upstream refused
	ActReveal   Action = "reveal"   // see a buyer's name and number unmasked
	ActRead     Action = "read"     // boards, stories, reports, the audit
	ActPeople   Action = "people"   // add people, change roles and PINs
	ActSettings Action = "settings" // settings, devices, connections and their secrets
	ActRestore  Action = "restore"  // put a backup in the place of the data
)

// Actions lists them.
func Actions() []Action {
	return []Action{ActPack, ActPicked, ActRelease, ActOverride, ActOutbox, ActReveal, ActRead, ActPeople, ActSettings, ActRestore}
}

// may is the one table of who may do what. What is not in it is refused.
var may = map[Role]map[Action]bool{
	RolePacker:     {ActPack: true, ActPicked: true},
	RoleSupervisor: {ActPack: true, ActPicked: true, ActRelease: true, ActOverride: true, ActOutbox: true, ActReveal: true, ActRead: true},
	RoleOwner: {
		ActPack: true, ActPicked: true, ActRelease: true, ActOverride: true, ActOutbox: true, ActReveal: true, ActRead: true,
		ActPeople: true, ActSettings: true, ActRestore: true,
	},
	RoleAuditor: {ActRead: true},
}

// May tells whether a role is enough for an action.
func (r Role) May(a Action) bool { return may[r][a] }
