"""Replies of Dahua cameras as field notes give them, for what was never recorded whole."""

from __future__ import annotations

LOG_PAGE = b"""found=2\r
items[0].Detail.Address=192.168.1.2\r
items[0].Detail.Type=CGI\r
items[0].Level=0\r
items[0].Time=2020-01-02 22:05:33\r
items[0].Type=Login\r
items[0].User=admin\r
items[1].Detail.Address=192.168.1.2\r
items[1].Detail.Type=CGI\r
items[1].Level=0\r
items[1].Time=2020-01-02 22:05:33\r
items[1].Type=Logout\r
items[1].User=admin\r
"""
LOG_FREE_TEXT = b"""found=2\r
items[0].Detail=Illegal login from 10.0.0.9\r
  second line of it\r
items[0].Time=2020-1-2 2:05:03\r
items[0].Type=Login Failure\r
items[0].UserName=root\r
"""
SESSIONS = b"""users[0].ClientAddress=192.168.1.50\r
users[0].ClientType=Web3.0\r
users[0].Group=admin\r
users[0].Id=12\r
users[0].LoginTime=2020-01-02 22:00:00\r
users[0].Name=admin\r
users[1].ClientAddress=Yerel\r
users[1].ClientType=GUI\r
users[1].Group=admin\r
users[1].Id=1\r
users[1].LoginTime=\r
users[1].Name=default\r
"""
ACCOUNTS = b"""users[0].AuthList[0]=Monitor_01\r
users[0].AuthList[1]=AuthUserMag\r
users[0].Group=admin\r
users[0].ID=1\r
users[0].Memo=admin 's account\r
users[0].Name=admin\r
users[0].Reserved=true\r
users[0].Sharable=true\r
users[1].Group=user\r
users[1].ID=4\r
users[1].Name=watch\r
users[1].Reserved=false\r
"""
NETWORK = b"""table.Network.DefaultInterface=eth2\r
table.Network.eth0.PhysicalAddress=9c:8e:cd:00:11:22\r
table.Network.eth2.PhysicalAddress=9C-8E-CD-00-11-33\r
"""
BACKUP = b"""{
   "Email" : { "Address" : "mail.example", "Password" : "hunter22", "Port" : 25 },
   "General" : { "MachineName" : "Front", "LockLoginEnable" : true },
   "MotionDetect" : [ { "Enable" : true, "Level" : 3.0, "Region" : [] } ],
   "WLan" : { "eth2" : { "Keys" : [ "abcd1234", "" ], "Enable" : false, "Note" : null } }
}
"""
MAIL = """Alarm Event: Tamper Detect\r
Alarm Input Channel: 1\r
Alarm Start Time(D/M/Y H:M:S): 06/05/2018 15:28:40\r
Alarm Device Name: AMC00056_24AAF8\r
Alarm Name: \r
IP Address: 192.168.0.60\r
"""
OLD_MAIL = """EVENT TYPE: Motion Detected\r
EVENT TIME: 27/12/2021 17:42:19\r
IPC NAME: Porch\r
CHANNEL NUMBER: 01\r
IPC IP: 192.168.0.61\r
"""
LOGIN_FAILURE = (
    'Code=LoginFailure;action=Pulse;index=0;data={\n   "Address" : "203.0.113.9",\n   "Name" : "admin",\n'
    '   "Type" : "Web",\n   "LocaleTime" : "2020-01-02 23:00:00",\n   "UTC" : 1578006000\n}'
)
STANDING = b"""table.Network.DefaultInterface=eth0\r
table.Network.eth0.DefaultGateway=192.168.1.1\r
table.Network.eth0.DhcpEnable=true\r
table.Network.eth0.DnsServers[0]=192.168.1.1\r
table.Network.eth0.DnsServers[1]=8.8.8.8\r
table.Network.eth0.IPAddress=192.168.1.108\r
table.Network.eth0.SubnetMask=255.255.255.0\r
table.Web.Port=80\r
table.Https.Port=443\r
table.RTSP.Port=554\r
table.DVRIP.TCPPort=37777\r
"""
FILTER = b"""table.AccessFilter.BannedList[0]=203.0.113.9\r
table.AccessFilter.BannedList[1]=203.0.113.10\r
table.AccessFilter.Enable=true\r
table.AccessFilter.TrustList[0]=10.0.0.1\r
table.AccessFilter.Type=BannedList\r
"""
